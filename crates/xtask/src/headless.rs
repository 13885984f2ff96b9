//! A display and a session bus of our own, for a machine that has neither. Both end with this
//! value, and with xtask however that ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::failure::{Failure, Outcome};
use crate::tool::{find, line_of, signal, tool};

/// The screen that the window is drawn on, in pixels.
pub(crate) const WIDTH: usize = 1440;
pub(crate) const HEIGHT: usize = 900;

/// An X display without a screen to look at, and a message bus, each under a name found free.
pub(crate) struct Headless {
    display: Server,
    bus: Server,
}

impl Headless {
    /// Starts both and waits until they say that they are ready.
    pub(crate) fn start() -> Outcome<Self> {
        let screen = format!("{WIDTH}x{HEIGHT}x24");
        let mut xvfb = ends_with_us("Xvfb");
        xvfb.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            &screen,
            "-nolisten",
            "tcp",
        ]);
        let mut bus = ends_with_us("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let display = Server::start(xvfb)?;
        // For what the bus starts by itself, like the accessibility bus.
        bus.env("DISPLAY", format!(":{}", display.address));
        Ok(Self {
            display,
            bus: Server::start(bus)?,
        })
    }

    /// Makes a command use this display and this bus.
    pub(crate) fn lend_to(&self, command: &mut Command) {
        command.env("DISPLAY", format!(":{}", self.display.address));
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus.address);
        command.env_remove("WAYLAND_DISPLAY");
    }
}

/// A running program whose first line on standard output is its address.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(mut command: Command) -> Outcome<Self> {
        let line = line_of(&command);
        let failed = |why: String| Failure::new(format!("Could not start `{line}`: {why}."));
        // Nobody would read what they say beside the address, and a full pipe would stop them.
        let started = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let child = started.spawn().map_err(|error| failed(error.to_string()))?;
        let mut server = Self {
            child,
            address: String::new(),
        };
        if let Some(stdout) = server.child.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut server.address)
                .map_err(|error| failed(error.to_string()))?;
        }
        server.address.truncate(server.address.trim_end().len());
        match server.address.is_empty() {
            true => Err(failed("it ended at once".to_owned())),
            false => Ok(server),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end, both clear their sockets and locks away. The calls fail only where the
        // program has ended already.
        let _ = signal("TERM", self.child.id());
        let _ = self.child.wait();
    }
}

/// The program, ended by the kernel when xtask ends, even by a signal that no Drop survives.
fn ends_with_us(program: &str) -> Command {
    if find("setpriv").is_none() {
        return tool(program);
    }
    let mut command = tool("setpriv");
    command.args(["--pdeathsig", "TERM", "--", program]);
    command
}
