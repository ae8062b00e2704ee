import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "vitest";
import {
  createTranscriptSdk,
  type DirectoryHost,
  type DirectoryHostOptions,
  directoryHost,
  type TranscriptIdentity,
  type TranscriptSdk,
} from "../../../src/sdk/index.js";
import { tempDirectory } from "../temp-directory.js";

/** A host on the real disk with a plugin, and what lies outside of the host's root. */
export interface PluginWorld {
  readonly host: DirectoryHost;
  readonly sdk: TranscriptSdk;
  /** Of the host: a directory that exists. */
  readonly root: string;
  /** Beside the root: a directory that exists. */
  readonly outside: string;
  /** Every name below both. */
  names(): Promise<string[]>;
  fileOf(identity: TranscriptIdentity): string;
}

export const ALICE: TranscriptIdentity = { agentId: "alice", sessionId: "s1" };
export const BOB: TranscriptIdentity = { agentId: "bob", sessionId: "s1" };

export async function pluginWorld(
  options: Partial<DirectoryHostOptions> = {},
  context?: Pick<TestContext, "onTestFinished">,
): Promise<PluginWorld> {
  const directory = await tempDirectory(context);
  const root = join(directory, "root");
  const outside = join(directory, "outside");
  await Promise.all([mkdir(root), mkdir(outside)]);
  const host = directoryHost({ root, rights: ["read", "append"], ...options });
  return {
    host,
    sdk: createTranscriptSdk(host),
    root,
    outside,
    names: async () => (await readdir(directory, { recursive: true })).sort(),
    fileOf: ({ agentId, sessionId }) => join(root, agentId, `${sessionId}.jsonl`),
  };
}

export function message(role: string, content: unknown): { type: string; message: object } {
  return { type: "message", message: { role, content } };
}
