"use strict";
// Warns two minutes before the member is logged out. The request is not activity.
{
  const warning = document.getElementById("session-warning");
  const [soon, over] = warning.children;
  let timer;

  const look = async () => {
    clearTimeout(timer);
    let left;
    try {
      const answer = await fetch("/session");
      left = answer.ok ? (await answer.json()).seconds_left : undefined;
    } catch {
      // The server cannot be reached. Perhaps it can in a minute.
    }
    over.hidden = left !== null;
    soon.hidden = !(left !== null && left <= 120);
    if (left !== null && !document.hidden) {
      const wait = left === undefined ? 60 : left > 120 ? left - 119 : 10;
      timer = setTimeout(look, Math.min(wait, 60) * 1000);
    }
  };

  document.addEventListener("visibilitychange", () => document.hidden || look());
  look();
}
