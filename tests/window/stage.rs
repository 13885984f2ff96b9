//! What a window stands on: a home, a display, a message bus and the driver, each for one window
//! alone, and gone with it; and the command line, to look beside it. It knows nothing of what the
//! window shows.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

/// How long the driver may take to listen.
const DRIVER_DEADLINE: Duration = Duration::from_secs(20);

/// The programs that a driven window needs beside itself.
const PROGRAMS: &[&str] = &["Xvfb", "dbus-daemon", "WebKitWebDriver", "import"];

/// An empty folder that the window takes for the home of its user. Two windows opened one after
/// the other in one home see each other's workspaces and settings.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("dwell-").tempdir();
        Self {
            folder: folder.expect("a folder for temporary files"),
        }
    }

    /// A place in the home, for a workspace or a file to import.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a command live here, in UTC and in English.
    fn lend_to(&self, command: &mut Command) {
        command
            .env("HOME", self.folder.path())
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8");
        for (variable, name) in [
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "runtime"),
        ] {
            std::fs::create_dir_all(self.path(name)).expect("the home can be written");
            command.env(variable, self.path(name));
        }
    }
}

/// The built window, and whether this machine can drive it.
pub(crate) enum Ability {
    /// The binary of the window.
    Able(PathBuf),
    /// What is missing, in a sentence.
    Unable(String),
}

/// Looks for the binary beside this test's own (or in `DWELL_APP_BINARY`) and for the programs.
pub(crate) fn ability() -> Ability {
    let binary = match std::env::var_os("DWELL_APP_BINARY") {
        Some(binary) => PathBuf::from(binary),
        None => target_folder().join("debug/dwell-app"),
    };
    if !cfg!(target_os = "linux") {
        return Ability::Unable("windows are driven on Linux only".to_owned());
    }
    if !binary.is_file() {
        return Ability::Unable(format!(
            "{binary:?} is not built: `cargo xtask test` builds it"
        ));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |program: &&&str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    match PROGRAMS.iter().find(|program| !is_there(program)) {
        Some(program) => Ability::Unable(format!("{program} is not installed")),
        None => Ability::Able(binary),
    }
}

/// The folder that cargo builds into: this test's binary is in its `debug/deps`.
pub(crate) fn target_folder() -> PathBuf {
    let binary = std::env::current_exe().expect("a test knows its binary");
    binary
        .ancestors()
        .nth(3)
        .expect("cargo builds into target/debug/deps")
        .to_owned()
}

/// What `dwell` prints about a workspace; it must succeed.
pub(crate) fn dwell(workspace: &Path, arguments: &[&str]) -> String {
    let ran = Command::new(target_folder().join("debug/dwell"))
        .arg("--workspace")
        .arg(workspace)
        .args(arguments)
        .output()
        .expect("dwell starts; build it with cargo build -p dwell-cli");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(ran.stdout).expect("UTF-8")
}

/// Starts another window in a home, on a display, which has to end by itself; what it said.
pub(crate) fn start(home: &Home, display: &str, arguments: &[&str]) -> Output {
    let Ability::Able(binary) = ability() else {
        panic!("there is a window already");
    };
    // One that does not end is ended: it would wait for its user.
    let mut command = Command::new("timeout");
    home.lend_to(&mut command);
    command
        .arg("60")
        .arg(binary)
        .args(arguments)
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

/// The running programs that a window needs. They end in this order: the driver, which ends the
/// window; then the bus; then the display, without which a window that is left ends as well.
pub(crate) struct Stage {
    _driver: Program,
    _bus: Program,
    display: Program,
    port: u16,
}

impl Stage {
    /// Starts all three and waits until the driver listens. Its own output, which is also the
    /// window's, goes into `log`.
    pub(crate) async fn set(home: &Home, log: &Path) -> Self {
        let mut xvfb = Program::command("Xvfb");
        xvfb.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1440x900x24",
            "-nolisten",
            "tcp",
        ]);
        let display = Program::start_and_read_address(xvfb);
        let mut bus = Program::command("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        // What the bus starts by itself, like the accessibility bus, lives on this stage as well.
        home.lend_to(&mut bus);
        bus.env("DISPLAY", format!(":{}", display.address));
        let bus = Program::start_and_read_address(bus);

        let port = free_port();
        let log = std::fs::File::create(log).expect("the log can be written");
        let mut driver = Program::command("WebKitWebDriver");
        home.lend_to(&mut driver);
        driver
            .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("DISPLAY", format!(":{}", display.address))
            .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
            .env_remove("WAYLAND_DISPLAY")
            .stdout(log.try_clone().expect("the log can be shared"))
            .stderr(log);
        let driver = Program::start(driver);
        wait_for_listener(port).await;
        Self {
            _driver: driver,
            _bus: bus,
            display,
            port,
        }
    }

    /// The display, as programs are told of it.
    pub(crate) fn display(&self) -> String {
        format!(":{}", self.display.address)
    }

    /// Where the driver listens.
    pub(crate) fn driver_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Saves what is on the display. Not through the driver, whose own call for it can hang.
    pub(crate) fn take_picture(&self, file: &Path) {
        let import = Command::new("import")
            .args(["-silent", "-window", "root"])
            .arg(file)
            .env("DISPLAY", format!(":{}", self.display.address))
            .output();
        // A missing picture must not hide why it was to be taken.
        if let Ok(output) = import.inspect_err(|error| eprintln!("no picture: {error}")) {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener
        .local_addr()
        .expect("a listener has an address")
        .port()
}

async fn wait_for_listener(port: u16) {
    let listening = async {
        let mut pace = interval(Duration::from_millis(20));
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            pace.tick().await;
        }
    };
    timeout(DRIVER_DEADLINE, listening)
        .await
        .expect("WebKitWebDriver listens");
}

/// A program that ends with this value.
struct Program {
    child: Child,
    /// The first line that it printed, where it was asked for one.
    address: String,
}

impl Program {
    /// The program, ended by the kernel when this test's thread ends, however it ends.
    fn command(name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "TERM", "--", name])
            .stdin(Stdio::null());
        command
    }

    fn start(mut command: Command) -> Self {
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            child,
            address: String::new(),
        }
    }

    fn start_and_read_address(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let words = format!("{command:?}");
        let mut program = Self::start(command);
        let stdout = program.child.stdout.take().expect("its output is piped");
        BufReader::new(stdout)
            .read_line(&mut program.address)
            .expect("its output is text");
        program.address.truncate(program.address.trim_end().len());
        assert!(!program.address.is_empty(), "{words} ended at once");
        program
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Asked to end, it clears its sockets and locks away; both fail only where it has ended.
        let id = self.child.id().to_string();
        let _ = Command::new("sh")
            .args(["-c", r#"kill -s TERM "$1""#, "sh", &id])
            .status();
        let _ = self.child.wait();
    }
}
