//! `cargo xtask quick-start`: follows the README in a new Pavex project, store by store.
//!
//! Each project is visited, and its own tests have to pass.

mod project;
mod readme;
mod server;

use std::fs;
use std::time::Instant;

use anyhow::{Context, ensure};
use test_servers::{Database, Setup, ensure_installed};

use self::project::Project;
use self::readme::{Block, Section};
use self::server::Server;
use crate::pavexc;
use crate::workspace::Workspace;

const CHAPTER: &str = "Quick start";

/// The project has its routes below a path, and the quick start keeps it.
const VISITS: &str = "/api/visits";

/// Each follows the beginning of the chapter, which has no title, and one of its sections.
const READERS: [Reader; 6] = [
    Reader::of(""),
    Reader::of("SQLite"),
    Reader {
        database: Some((Database::Postgres, "PX_SESSION_SQLX__URL")),
        ..Reader::of("Postgres, MySQL and MariaDB")
    },
    Reader {
        database: Some((Database::MariaDb, "PX_SESSION_SQLX__URL")),
        instead: Some(("postgres", "mysql")),
        ..Reader::of("Postgres, MySQL and MariaDB")
    },
    Reader {
        database: Some((Database::Redis, "PX_SESSION_REDIS__URL")),
        ..Reader::of("Redis and Valkey")
    },
    Reader {
        visit: count,
        ..Reader::of("Cookie only")
    },
];

/// Somebody with a new project.
struct Reader {
    section: &'static str,
    /// The server that the project uses, and the variable for its URL.
    database: Option<(Database, &'static str)>,
    /// A word of the section, and another one that its comments offer.
    instead: Option<(&'static str, &'static str)>,
    visit: fn(&Server) -> anyhow::Result<()>,
}

impl Reader {
    const fn of(section: &'static str) -> Self {
        Self {
            section,
            database: None,
            instead: None,
            visit: count_and_log_in,
        }
    }

    /// Returns the blocks of the section as this reader copies them.
    fn blocks(&self, section: &Section) -> Vec<Block> {
        let mut blocks = section.blocks.clone();
        if let Some((word, other)) = self.instead {
            for block in &mut blocks {
                block.code = block.code.replace(word, other);
            }
        }
        blocks
    }

    fn title(&self) -> String {
        match (self.section, self.database) {
            ("", _) => "the beginning".to_owned(),
            (section, Some((database, _))) => format!("{section}, on {database}"),
            (section, None) => section.to_owned(),
        }
    }

    /// Returns the server, which runs until it is dropped, and the variable for its URL.
    fn start_database(&self) -> anyhow::Result<Option<(&'static str, test_servers::Server)>> {
        let Some((database, variable)) = self.database else {
            return Ok(None);
        };
        ensure_installed(database)?;
        let server = Setup::of(database).without_durability().start()?;
        Ok(Some((variable, server)))
    }

    fn follow(&self, project: &Project<'_>, blocks: &[Block]) -> anyhow::Result<()> {
        project.start_anew()?;
        for block in blocks {
            let added = project.add(block);
            added.with_context(|| format!("the block at line {}", block.line))?;
        }
        let program = project.build()?;
        let database = self.start_database()?;
        let environment: Vec<_> = database
            .iter()
            .map(|(name, it)| (*name, it.url()))
            .collect();
        let server = Server::start(&program, &project.root(), &environment)?;
        (self.visit)(&server)?;
        server.stop()?;
        project.test(&environment)
    }
}

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let readme = fs::read_to_string(workspace.root().join("README.md"))?;
    let sections = readme::chapter(&readme, CHAPTER).context("README.md")?;
    ensure_all_are_followed(&sections)?;
    let pavexc = pavexc::ensure(workspace.shell())?;
    let project = Project::new(workspace, &pavexc)?;
    let beginning = &sections[0].blocks;
    for reader in &READERS {
        let mut blocks = beginning.clone();
        let others = sections.iter().filter(|it| !it.title.is_empty());
        for section in others.filter(|it| it.title == reader.section) {
            blocks.extend(reader.blocks(section));
        }
        println!("{}", reader.title());
        let start = Instant::now();
        let followed = reader.follow(&project, &blocks);
        followed.with_context(|| format!("README.md, {CHAPTER}, {}", reader.title()))?;
        println!("    passed in {:.0} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The beginning has to be the first section.
fn ensure_all_are_followed(sections: &[Section]) -> anyhow::Result<()> {
    let titles: Vec<_> = sections.iter().map(|it| it.title.as_str()).collect();
    let mut expected = READERS.map(|it| it.section).to_vec();
    expected.dedup();
    ensure!(
        titles == expected,
        "README.md has the sections {titles:?}, not {expected:?}"
    );
    Ok(())
}

/// Two visits with one cookie give 1 and 2; a visit without it gives 1 again.
fn count(server: &Server) -> anyhow::Result<()> {
    let first = server.get(VISITS, None)?.expect(200, "visit number 1")?;
    let cookie = first.new_cookie()?;
    server
        .get(VISITS, Some(&cookie))?
        .expect(200, "visit number 2")?;
    server.get(VISITS, None)?.expect(200, "visit number 1")?;
    Ok(())
}

fn count_and_log_in(server: &Server) -> anyhow::Result<()> {
    count(server)?;
    let visitor = server.get(VISITS, None)?.new_cookie()?;
    server
        .post("/api/cart/tea", Some(&visitor))?
        .expect(200, "tea")?;
    server.get("/api/account", None)?.expect(401, "")?;
    server
        .get("/api/account", Some(&visitor))?
        .expect(401, "")?;
    let login = server.post("/api/login", Some(&visitor))?.expect(200, "")?;
    let member = login.new_cookie()?;
    server
        .get("/api/account", Some(&member))?
        .expect(200, "42")?;
    server
        .get("/api/account", Some(&visitor))?
        .expect(401, "")?;
    server
        .get(VISITS, Some(&member))?
        .expect(200, "visit number 1")?;
    server
        .post("/api/cart/cup", Some(&member))?
        .expect(200, "tea, cup")?;
    server.post("/api/logout", Some(&member))?.expect(200, "")?;
    server.get("/api/account", Some(&member))?.expect(401, "")?;
    Ok(())
}
