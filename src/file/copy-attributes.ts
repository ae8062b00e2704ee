import { execFile } from "node:child_process";
import { isErrno } from "./is-errno.js";

/** GNU's `cp`, which knows ACLs and extended attributes; Node does not. */
const PROGRAMS = ["/usr/bin/cp", "/bin/cp", "cp"];
const OPTIONS = ["--attributes-only", "--preserve=mode,xattr", "--"];
const TIMEOUT_MS = 10_000;

/**
 * Gives a file the permission bits, the ACL and the extended attributes of another, on Linux.
 *
 * @returns false where the system has no means to
 * @throws an error of the code `ENOTSUP` when they cannot be kept; the operating system's error
 */
export async function copyAttributes(from: string, to: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  for (const program of PROGRAMS) {
    const done = await runCopy(program, from, to);
    if (done !== undefined) return done;
  }
  return false;
}

/** Undefined when there is no such program, or it is another `cp`. */
function runCopy(program: string, from: string, to: string): Promise<boolean | undefined> {
  const env = { ...process.env, LC_ALL: "C" };
  return new Promise((resolve, reject) => {
    execFile(program, [...OPTIONS, from, to], { env, timeout: TIMEOUT_MS }, (error, _, stderr) => {
      if (error === null) resolve(true);
      else if (isErrno(error, "ENOENT", "EACCES")) resolve(undefined);
      else if (typeof error.code !== "number") reject(error);
      else if (/unrecognized option|usage:/i.test(stderr)) resolve(undefined);
      else reject(Object.assign(new Error(`ENOTSUP: ${stderr.trim()}`), { code: "ENOTSUP" }));
    });
  });
}
