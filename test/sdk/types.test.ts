import { expectTypeOf, test } from "vitest";
import type { AppendResult as CoreResult } from "../../src/index.js";
import {
  type AppendResult,
  createTranscriptSdk,
  type EntryRecord,
  type LatestAssistantText,
  type LeaflogError,
  type MirrorResult,
  type ResetReason,
  type SdkUpdate,
  type TranscriptDelta,
  type TranscriptHost,
  type TranscriptIdentity,
  type TranscriptSdk,
  type TranscriptTransaction,
} from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";

/** Checked by the compiler; at run time nothing of it is called. */
function misuse(sdk: TranscriptSdk, identity: TranscriptIdentity): unknown[] {
  return [
    // @ts-expect-error no session
    sdk.append({ agentId: "a" }, { type: "a" }),
    // @ts-expect-error an entry has a type
    sdk.append(identity, {}),
    // @ts-expect-error a path is no identity
    sdk.append("/a/path", { type: "a" }),
    // @ts-expect-error members are texts
    sdk.append({ ...identity, user: 5 }, { type: "a" }),
    // @ts-expect-error the file system is the host's
    sdk.append(identity, { type: "a" }, { fileSystem: {} }),
    // @ts-expect-error there is no such choice
    sdk.readEntries(identity, { which: "everything" }),
    // @ts-expect-error a mirror has a scope
    sdk.mirror(identity, { messages: [] }),
    // @ts-expect-error how a transcript is opened is the host's
    sdk.mirror(identity, { messages: [], scope: "s", transcript: {} }),
    // @ts-expect-error there is no such right
    memoryHost({ rights: ["write"] }),
    // @ts-expect-error a host resolves
    createTranscriptSdk({}),
  ];
}

test("what is wrong is wrong to the compiler", () => {
  expectTypeOf(misuse).toBeFunction();
});

test("what functions take and give", () => {
  expectTypeOf(createTranscriptSdk).parameters.toEqualTypeOf<[host: TranscriptHost]>();
  expectTypeOf(createTranscriptSdk).returns.toEqualTypeOf<TranscriptSdk>();
  expectTypeOf<AppendResult>().toEqualTypeOf<CoreResult>();
  expectTypeOf<TranscriptSdk["append"]>().returns.resolves.toEqualTypeOf<AppendResult>();
  expectTypeOf<TranscriptSdk["mirror"]>().returns.resolves.toEqualTypeOf<MirrorResult>();
  expectTypeOf<TranscriptSdk["readEntries"]>().returns.toEqualTypeOf<
    AsyncGenerator<EntryRecord, void, undefined>
  >();
  expectTypeOf<TranscriptSdk["onUpdate"]>().parameter(0).parameter(0).toEqualTypeOf<SdkUpdate>();
  expectTypeOf<ReturnType<TranscriptTransaction["append"]>>().toEqualTypeOf<{
    readonly id: string;
  }>();
});

test("withWriteLock gives what its callback gives", () => {
  const use = (sdk: TranscriptSdk, identity: TranscriptIdentity) =>
    sdk.withWriteLock(identity, async (tx) => tx.append({ type: "a" }).id);
  expectTypeOf(use).returns.resolves.toBeString();
  const useNow = (sdk: TranscriptSdk, identity: TranscriptIdentity) =>
    sdk.withWriteLock(identity, () => 5);
  expectTypeOf(useNow).returns.resolves.toBeNumber();
});

test("answers are told apart by their state", () => {
  type Page = Extract<TranscriptDelta, { state: "page" }>;
  expectTypeOf<TranscriptDelta["state"]>().toEqualTypeOf<
    "page" | "reset" | "missing" | "unavailable"
  >();
  expectTypeOf<Page["entries"]>().toEqualTypeOf<readonly EntryRecord[]>();
  expectTypeOf<
    Extract<TranscriptDelta, { state: "reset" }>["reason"]
  >().toEqualTypeOf<ResetReason>();
  type Unavailable = Extract<LatestAssistantText, { state: "unavailable" }>;
  expectTypeOf<Unavailable["error"]>().toEqualTypeOf<LeaflogError>();
  type Found = Extract<LatestAssistantText, { state: "found" }>;
  expectTypeOf<Found["text"]>().toBeString();
});
