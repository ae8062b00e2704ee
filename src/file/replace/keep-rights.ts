import { LeaflogError } from "../../base/errors.js";
import type { FileStat } from "../file-stat.js";
import type { FileSystem, OpenFile } from "../file-system.js";
import { isErrno } from "../is-errno.js";

const GROUP_BITS = 0o070;
/** From the bits of others to those of the group. */
const TO_GROUP = 3;

/**
 * Sets the permission bits of a file that this process made, where the file system keeps any.
 *
 * @returns false where it does not: there all files have the same
 * @throws the operating system's error
 */
export async function setMode(open: OpenFile, mode: number): Promise<boolean> {
  try {
    await open.chmod(mode);
    return true;
  } catch (error) {
    // exFAT and the like, whose maker may not do this either.
    if (isErrno(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) return false;
    throw error;
  }
}

/**
 * Gives a new file, which is nobody else's so far, the owner, the permission bits, the ACL and the
 * extended attributes of another, and nobody more rights than that gives. Where the owner cannot be
 * kept it is this process's. The bits setuid, setgid and sticky say nothing of a text, and go.
 *
 * @param like `file` is its path, `stat` what it is
 * @throws LeaflogError `LEAFLOG_ATTRIBUTES`; the operating system's error
 */
export async function keepRights(
  fs: FileSystem,
  { open, path }: { readonly open: OpenFile; readonly path: string },
  like: { readonly file: string; readonly stat: FileStat },
): Promise<void> {
  const { stat } = like;
  const isSameGroup = await keepOwner(open, stat);
  // Where there are no permission bits there is no ACL either.
  if (!(await setMode(open, 0o600))) return;
  await keepAttributes(fs, path, like);
  // Another group gets no more than everybody. Behind chown and the ACL, whose mask these bits are.
  await setMode(open, isSameGroup ? stat.mode : withoutGroup(stat.mode));
}

/**
 * The same with neither ACL nor attributes, so that its group gets no more than everybody: what the
 * bits of a group mean only an ACL would tell.
 */
export async function keepOwnerAndMode(open: OpenFile, like: FileStat): Promise<void> {
  await keepOwner(open, like);
  await setMode(open, withoutGroup(like.mode));
}

function withoutGroup(mode: number): number {
  return mode & (~GROUP_BITS | ((mode << TO_GROUP) & GROUP_BITS));
}

async function keepAttributes(
  fs: FileSystem,
  path: string,
  { file, stat }: { readonly file: string; readonly stat: FileStat },
): Promise<void> {
  let why = "this system has no means to tell whether it has an ACL (cp of the GNU coreutils)";
  let cause: unknown;
  try {
    if (fs.copyAttributes === undefined || (await fs.copyAttributes(file, path))) return;
    // The bits of the group would be the mask of an ACL: whom it lets in cannot be known then.
    if (withoutGroup(stat.mode) === stat.mode) return;
  } catch (error) {
    if (!isErrno(error, "ENOTSUP")) throw error;
    why = "its ACL or its extended attributes cannot be kept";
    cause = error;
  }
  throw new LeaflogError(
    "LEAFLOG_ATTRIBUTES",
    `${why}, and without them others could get rights that they do not have; the transcript is as it was: remove its group's rights (chmod g=), or its ACL and extended attributes, then try again`,
    { file, cause },
  );
}

/** Returns whether its group is that of the other. */
async function keepOwner(open: OpenFile, like: FileStat): Promise<boolean> {
  const { uid, gid } = await open.stat();
  if (uid === like.uid && gid === like.gid) return true;
  await giveTo(open, uid, like);
  return (await open.stat()).gid === like.gid;
}

async function giveTo(open: OpenFile, uid: number, like: FileStat): Promise<void> {
  try {
    await open.chown(like.uid, like.gid);
  } catch (error) {
    // Only root may give a file away, and only to a group of one's own may one pass it. Whoever
    // could write the transcript may rewrite it all the same. Some file systems keep no owners.
    if (!isErrno(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) throw error;
    if (uid !== like.uid) await giveTo(open, uid, { ...like, uid });
  }
}
