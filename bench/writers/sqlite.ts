import { Unavailable } from "../harness/peers.js";
import type { WriterKind } from "./writer.js";

/** node:sqlite with a write-ahead log, one insert for each append. */
export function sqliteWriter(options: { readonly sync?: boolean } = {}): WriterKind {
  return {
    format: "sqlite",
    about: `node:sqlite, write-ahead log, synchronous ${options.sync ? "FULL" : "NORMAL"}, one insert each; stops the event loop`,
    open: async (file) => {
      const { DatabaseSync } = await loadSqlite();
      const database = new DatabaseSync(file);
      database.exec("pragma journal_mode = wal");
      database.exec(`pragma synchronous = ${options.sync ? "full" : "normal"}`);
      database.exec(
        "create table if not exists entry (id integer primary key, line text not null)",
      );
      const insert = database.prepare("insert into entry (line) values (?)");
      return {
        append: (message) => insert.run(JSON.stringify({ type: "message", message })),
        close: () => database.close(),
      };
    },
  };
}

/** Rows, and how many of them are JSON. */
export async function countRows(file: string): Promise<{ rows: number; valid: number }> {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const count = "select count(*) as rows, coalesce(sum(json_valid(line)), 0) as valid from entry";
    const { rows, valid } = database.prepare(count).get() as Record<string, number>;
    return { rows: Number(rows), valid: Number(valid) };
  } finally {
    database.close();
  }
}

async function loadSqlite(): Promise<typeof import("node:sqlite")> {
  try {
    return await import("node:sqlite");
  } catch (error) {
    throw new Unavailable(`node:sqlite needs Node 22.13; this is ${process.version}`, {
      cause: error,
    });
  }
}
