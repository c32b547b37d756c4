//! A small file system in a file, mounted by loop: a disk that can be full, and whose power can be cut.
//!
//! Promises: a copy holds what the file system had handed to its device and nothing of the page cache, which is what a
//! power cut leaves behind; mounts end with the value. Needs root, `mkfs.ext4` and loop devices, and says so.
//! Never: touches anything outside of its folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies that may catch the device in the middle of a write before the test gives up.
const COPIES_MAX: u32 = 100;

/// A mounted image.
pub struct Image {
    file: PathBuf,
    mount: PathBuf,
}

/// Runs a program to its end; what it printed.
fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|why| format!("{program}: {why}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text) } else { Err(format!("{program} {arguments:?}: {errors}")) }
}

fn must(program: &str, arguments: &[&str]) -> String {
    run(program, arguments).unwrap_or_else(|why| panic!("{why} (a loop-mounted image needs root and e2fsprogs)"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("paths of tests are text")
}

impl Image {
    /// A new file system of so many MiB, mounted.
    pub fn create(folder: &Path, name: &str, mebibytes: u64) -> Image {
        let file = folder.join(format!("{name}.img"));
        let made = std::fs::File::create(&file).and_then(|file| file.set_len(mebibytes << 20));
        made.unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        // No reserved blocks: full is full for root too.
        must("mkfs.ext4", &["-q", "-m", "0", text(&file)]);
        Image::mount(folder, name, file)
    }

    fn mount(folder: &Path, name: &str, file: PathBuf) -> Image {
        let mount = folder.join(name);
        std::fs::create_dir_all(&mount).expect("a mount point");
        must("mount", &["-o", "loop,errors=remount-ro", text(&file), text(&mount)]);
        Image { file, mount }
    }

    /// Makes the file system notice an error, upon which it lets nobody write any more, as one whose device fails does.
    pub fn turns_read_only(&self) {
        let trigger = format!("/sys/fs/ext4/{}/trigger_fs_error", self.device());
        std::fs::write(&trigger, "nobody may write any more").unwrap_or_else(|why| panic!("{trigger}: {why}"));
    }

    /// Mounts it again, to be written. Nobody may use it at this moment.
    pub fn mounted_again(&self) {
        must("umount", &[text(&self.mount)]);
        must("mount", &["-o", "loop,errors=remount-ro", text(&self.file), text(&self.mount)]);
    }

    /// The name of its loop device.
    fn device(&self) -> String {
        let device = must("findmnt", &["-n", "-o", "SOURCE", text(&self.mount)]);
        let name = device.rsplit('/').next().unwrap_or_default().to_owned();
        assert!(name.starts_with("loop"), "{device} is no loop device");
        name
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.mount
    }

    /// What a power cut at this moment would leave, mounted: the file system replays its own journal. Whoever writes to
    /// the image has to be paused; the kernel's own write-back may still be going on, so a copy during which the device
    /// wrote is made again.
    pub fn after_a_power_cut(&self, folder: &Path, name: &str) -> Image {
        let copy = folder.join(format!("{name}.img"));
        for _ in 0..COPIES_MAX {
            let before = self.writes();
            must("cp", &["--sparse=always", text(&self.file), text(&copy)]);
            if self.writes() == before {
                return Image::mount(folder, name, copy);
            }
        }
        panic!("the device of {} never rests", self.mount.display());
    }

    /// Writes that the device has done.
    fn writes(&self) -> String {
        let stat = std::fs::read_to_string(format!("/sys/block/{}/stat", self.device())).expect("the device counts");
        let fields: Vec<&str> = stat.split_whitespace().collect();
        // Writes completed and sectors written, and those in flight (Documentation/block/stat.rst).
        [fields[4], fields[6], fields[8]].join(" ")
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // Lazily: a process that is just being killed may hold a file open for a moment.
        let _ = run("umount", &["-l", text(&self.mount)]);
        let _ = std::fs::remove_file(&self.file);
    }
}
