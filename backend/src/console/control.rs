//! The control socket: the console's router for the verbs on this machine. Who may open the file is an admin.
//!
//! Promises: nobody but the owner can connect, not even for a moment; a socket left by a dead server is replaced, a
//! live one never. Never: another file is touched.

use crate::console::http::gate::Door;
use crate::console::serve::accept;
use crate::console::state::ConsoleState;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

/// The folder, beside the socket, in which it is made: only its owner may enter.
const CRADLE: &str = ".ctl";
/// Octets of a socket's path that the system takes (`sun_path`, with its final NUL).
const PATH_BYTES_MAX: usize = 107;

/// Serves the verbs at `path` until `stop` is true; removes the file at the end.
/// Errors: `AddrInUse` if another server answers there, and what the file system says.
pub async fn serve_control(path: &Path, state: Arc<ConsoleState>, stop: watch::Receiver<bool>) -> io::Result<()> {
    let listener = bind_control(path).await?;
    let born = fs::metadata(path).map(|made| made.ino());
    accept(listener, None, state, Door::control(stop.clone()), stop).await;
    // A server that was started meanwhile may have put its own socket there.
    if born.is_ok_and(|born| fs::metadata(path).is_ok_and(|now| now.ino() == born)) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// A listener at `path` with mode 0600. It is made in a closed folder and moved to its place when it is ready.
async fn bind_control(path: &Path) -> io::Result<UnixListener> {
    let length = path.as_os_str().len();
    if length > PATH_BYTES_MAX {
        let sentence =
            format!("{}: a socket's path has at most {PATH_BYTES_MAX} octets; shorten data_dir", path.display());
        return Err(io::Error::new(ErrorKind::InvalidInput, sentence));
    }
    make_way(path).await?;
    let cradle = make_cradle(path)?;
    let unborn = cradle.join("s");
    let listener = UnixListener::bind(&unborn)?;
    fs::set_permissions(&unborn, Permissions::from_mode(0o600))?;
    fs::rename(&unborn, path)?;
    fs::remove_dir(&cradle)?;
    Ok(listener)
}

/// Makes sure that what stands at `path` may be replaced: nothing, or a socket where nobody answers.
async fn make_way(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(why),
    };
    if !found.file_type().is_socket() {
        let sentence = format!("{} is no socket: move it away", path.display());
        return Err(io::Error::new(ErrorKind::AlreadyExists, sentence));
    }
    match UnixStream::connect(path).await {
        Ok(_) => {
            let sentence = format!("another server answers at {}", path.display());
            Err(io::Error::new(ErrorKind::AddrInUse, sentence))
        }
        Err(_) => Ok(()),
    }
}

/// An empty folder beside `path` that only its owner may enter.
fn make_cradle(path: &Path) -> io::Result<PathBuf> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cradle = parent.join(CRADLE);
    match DirBuilder::new().mode(0o700).create(&cradle) {
        Ok(()) => {}
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            // Left by a start that was cut off.
            match fs::remove_file(cradle.join("s")) {
                Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
                _ => {}
            }
            fs::remove_dir(&cradle)?;
            DirBuilder::new().mode(0o700).create(&cradle)?;
        }
        Err(why) => return Err(why),
    }
    Ok(cradle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_owner_may_connect_and_a_dead_servers_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        for _ in 0..2 {
            let listener = bind_control(&path).await.unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!folder.path().join(CRADLE).exists());
            assert_eq!(bind_control(&path).await.unwrap_err().kind(), ErrorKind::AddrInUse);
            drop(listener); // the file stays, as after a crash
            assert!(path.exists());
        }
    }

    #[tokio::test]
    async fn what_a_cut_off_start_left_is_cleared_and_a_file_of_others_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        fs::create_dir(folder.path().join(CRADLE)).unwrap();
        fs::write(folder.path().join(CRADLE).join("s"), "").unwrap();
        drop(bind_control(&path).await.unwrap());
        fs::remove_file(&path).unwrap();
        fs::write(&path, "precious").unwrap();
        assert_eq!(bind_control(&path).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_path_that_no_socket_can_have_is_refused_with_what_to_do() {
        let why = bind_control(&Path::new("/tmp").join("a".repeat(120))).await.unwrap_err();
        assert!(why.to_string().contains("shorten data_dir"), "{why}");
    }
}
