"use strict";
// Warns two minutes before the member is logged out. The request is not activity.
{
  const warning = document.getElementById("session-warning");
  const [soon, final, over] = warning.children;
  let timer;

  const look = async () => {
    clearTimeout(timer);
    let left, isFinal;
    try {
      const answer = await fetch("/session");
      if (answer.ok) ({ seconds_left: left, is_final: isFinal } = await answer.json());
    } catch {
      // The server cannot be reached. Perhaps it can in a minute.
    }
    const ends = left !== null && left <= 120;
    over.hidden = left !== null;
    soon.hidden = !ends || isFinal;
    final.hidden = !ends || !isFinal;
    if (left !== null && !document.hidden) {
      const wait = left === undefined ? 60 : left > 120 ? left - 119 : 10;
      timer = setTimeout(look, Math.min(wait, 60) * 1000);
    }
  };

  document.addEventListener("visibilitychange", () => document.hidden || look());
  look();
}
