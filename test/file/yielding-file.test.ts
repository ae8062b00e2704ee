import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { YieldingFile } from "../../src/file/yielding-file.js";
import { deferred } from "../support/deferred.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

let directory: string;
let port: ReadPort;

beforeEach(async () => {
  directory = await tempDirectory();
  port = new ReadPort();
  for (const name of ["a", "b", "c", "d"]) await writeFile(join(directory, name), name);
});

const open = (name: string, limit = 2, signal?: AbortSignal): Promise<YieldingFile> =>
  YieldingFile.open(port.fileSystem, join(directory, name), limit, signal);

/** Opened and looked at, as every reader begins. */
async function begin(name: string, limit = 2): Promise<YieldingFile> {
  const file = await open(name, limit);
  await file.stat();
  return file;
}

async function contentOf(file: YieldingFile): Promise<string> {
  const buffer = Buffer.alloc(9);
  return buffer.toString("latin1", 0, await file.read(buffer, 0, 9, 0));
}

describe("a file open to read", () => {
  it("keeps its descriptor as long as nobody else needs one", async () => {
    const opens: string[] = [];
    port.before = ({ name, path }) => name === "open" && opens.push(path);
    const file = await begin("a");
    for (let round = 0; round < 5; round += 1) {
      expect(await contentOf(file)).toBe("a");
      await turn();
    }
    await file.close();
    expect(opens).toHaveLength(1);
    expect(port.openFiles).toBe(0);
  });

  it("gives it up to others while nobody reads it, and takes another to be read on", async () => {
    const names = ["a", "b", "c", "d"];
    const files: YieldingFile[] = [];
    for (const name of names) {
      files.push(await begin(name));
      expect(port.openFiles).toBeLessThanOrEqual(2);
    }
    for (let round = 0; round < 3; round += 1) {
      expect(await Promise.all(files.map(contentOf))).toEqual(names);
      expect(port.openFiles).toBeLessThanOrEqual(2);
    }
    await Promise.all(files.map((file) => file.close()));
    expect(port.openFiles).toBe(0);
  });

  it("keeps it while it is being read, and others wait", async () => {
    const file = await begin("a", 1);
    const reading = deferred();
    port.before = ({ name }) => (name === "file.read" ? reading.promise : undefined);
    const content = contentOf(file);
    let opened = false;
    const other = begin("b", 1).then((result) => {
      opened = true;
      return result;
    });
    for (let round = 0; round < 20; round += 1) await turn();
    expect(opened).toBe(false);
    reading.resolve();
    expect(await content).toBe("a");
    expect(await contentOf(await other)).toBe("b");
    expect(await contentOf(file)).toBe("a");
    await file.close();
    await (await other).close();
    expect(port.openFiles).toBe(0);
  });

  it("that waits for one can be given up, and holds up nobody", async () => {
    const file = await open("a", 1);
    const controller = new AbortController();
    const waiting = open("b", 1, controller.signal);
    const next = open("c", 1);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    await file.close();
    await (await next).close();
    expect(port.openFiles).toBe(0);
  });

  it("lets who has the lower limit in when enough have given theirs up", async () => {
    const files = await Promise.all(["a", "b", "c"].map((name) => begin(name, 3)));
    const last = await begin("d", 1);
    expect(port.openFiles).toBe(1);
    await Promise.all([...files, last].map((file) => file.close()));
    expect(port.openFiles).toBe(0);
  });

  it("is never read on in a file that has taken its place", async () => {
    const file = await begin("a", 1);
    const other = await begin("b", 1);
    await writeFile(join(directory, "new"), "x");
    await rename(join(directory, "new"), join(directory, "a"));
    await expect(contentOf(file)).rejects.toThrow(/another file has taken the place/);
    await rm(join(directory, "a"));
    await expect(contentOf(file)).rejects.toMatchObject({ cause: { code: "ENOENT" } });
    await file.close();
    expect(await contentOf(other)).toBe("b");
    await other.close();
    expect(port.openFiles).toBe(0);
  });

  it("gives the place of one that cannot be opened to the next", async () => {
    for (let round = 0; round < 5; round += 1) {
      await expect(open("none", 1)).rejects.toMatchObject({ code: "ENOENT" });
    }
    port.before = ({ name }) => {
      if (name === "file.close") throw new Error("EIO");
    };
    await expect((await open("a", 1)).close()).rejects.toThrow("EIO");
    // One whose close fails on the way is read on all the same.
    const file = await begin("a", 1);
    const other = await begin("b", 1);
    expect(await contentOf(file)).toBe("a");
    port.before = () => undefined;
    await file.close();
    await other.close();
    await (await open("c", 1)).close();
  });
});
