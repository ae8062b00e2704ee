import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

const GiB = 1024 ** 3;

/** What the figures depend on. */
export interface Machine {
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Of the directory that the files are in. */
  readonly fileSystem: string;
  /** Processes that wanted to run in the last minute, when the run began. */
  readonly load: number;
}

/** Magic numbers of Linux file systems. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: "ext4",
  16914836: "tmpfs",
  1481003842: "xfs",
  2435016766: "btrfs",
  2035054128: "overlayfs",
  801189825: "zfs",
  26985: "nfs",
  1702057286: "fuse",
};

export async function describeMachine(directory: string): Promise<Machine> {
  const { type: magic } = await statfs(directory);
  const processors = cpus();
  return {
    node: process.version,
    system: `${type()} ${release()}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / GiB),
    fileSystem: FILE_SYSTEMS[magic] ?? `type 0x${magic.toString(16)}`,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}
