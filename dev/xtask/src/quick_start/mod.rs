//! `cargo xtask quick-start`: follows the README in a new Pavex project, store by store.

mod project;
mod readme;
mod server;

use std::fs;
use std::time::Instant;

use anyhow::{Context, ensure};

use self::project::Project;
use self::readme::{Block, Section};
use self::server::Server;
use crate::pavexc;
use crate::workspace::Workspace;

const CHAPTER: &str = "Quick start";

/// The sections of the chapter, each with its check; the beginning has no title.
const SECTIONS: [(&str, Check); 5] = [
    ("", Check::Visit(count_and_log_in)),
    ("SQLite", Check::Visit(count_and_log_in)),
    ("Postgres, MySQL and MariaDB", Check::Build),
    ("Redis and Valkey", Check::Build),
    ("Cookie only", Check::Visit(count)),
];

/// The check of a project that has followed a section.
enum Check {
    /// The server is generated, built, started and visited.
    Visit(fn(&Server) -> anyhow::Result<()>),
    /// The server needs a database: it is generated and built.
    Build,
}

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let readme = fs::read_to_string(workspace.root().join("README.md"))?;
    let sections = readme::chapter(&readme, CHAPTER).context("README.md")?;
    let titles: Vec<_> = sections.iter().map(|it| it.title.as_str()).collect();
    let expected = SECTIONS.map(|(title, _)| title);
    ensure!(
        titles == expected,
        "README.md has the sections {titles:?}, not {expected:?}"
    );
    let pavexc = pavexc::ensure(workspace.shell())?;
    let project = Project::new(workspace, &pavexc)?;
    let beginning = &sections[0].blocks;
    for (section, (_, check)) in sections.iter().zip(&SECTIONS) {
        let blocks = match section.title.is_empty() {
            true => vec![],
            false => section.blocks.clone(),
        };
        println!("{}", shown(section));
        let start = Instant::now();
        let blocks = [&beginning[..], &blocks].concat();
        follow(&project, &blocks, check)
            .with_context(|| format!("README.md, {CHAPTER}, {}", shown(section)))?;
        println!("    passed in {:.0} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}

fn shown(section: &Section) -> &str {
    match section.title.as_str() {
        "" => "the beginning",
        title => title,
    }
}

fn follow(project: &Project<'_>, blocks: &[Block], check: &Check) -> anyhow::Result<()> {
    project.start_anew()?;
    for block in blocks {
        let added = project.add(block);
        added.with_context(|| format!("the block at line {}", block.line))?;
    }
    let program = project.build()?;
    match check {
        Check::Build => Ok(()),
        Check::Visit(visit) => {
            let server = Server::start(&program, &project.root())?;
            visit(&server)?;
            server.stop()
        }
    }
}

/// Two visits with one cookie give 1 and 2; a visit without it gives 1 again.
fn count(server: &Server) -> anyhow::Result<()> {
    let first = server.get("/", None)?.expect(200, "visit number 1")?;
    let cookie = first.new_cookie()?;
    server
        .get("/", Some(&cookie))?
        .expect(200, "visit number 2")?;
    server.get("/", None)?.expect(200, "visit number 1")?;
    Ok(())
}

fn count_and_log_in(server: &Server) -> anyhow::Result<()> {
    count(server)?;
    let visitor = server.get("/", None)?.new_cookie()?;
    server
        .post("/cart/tea", Some(&visitor))?
        .expect(200, "tea")?;
    server.get("/account", None)?.expect(401, "")?;
    server.get("/account", Some(&visitor))?.expect(401, "")?;
    let login = server.post("/login", Some(&visitor))?.expect(200, "")?;
    let member = login.new_cookie()?;
    server.get("/account", Some(&member))?.expect(200, "42")?;
    server.get("/account", Some(&visitor))?.expect(401, "")?;
    server
        .get("/", Some(&member))?
        .expect(200, "visit number 1")?;
    server
        .post("/cart/cup", Some(&member))?
        .expect(200, "tea, cup")?;
    server.post("/logout", Some(&member))?.expect(200, "")?;
    server.get("/account", Some(&member))?.expect(401, "")?;
    Ok(())
}
