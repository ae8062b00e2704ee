import type { TranscriptIdentity, TranscriptSdk } from "leaflog/sdk";
import { createTranscriptSdk, directoryHost } from "leaflog/sdk";

/** A plugin: notes in a session how much was said since `cursor`, and returns the next cursor. */
async function summarise(sdk: TranscriptSdk, session: TranscriptIdentity, cursor?: string) {
  for (let maxBytes = 1_048_576; ; ) {
    const delta = await sdk.readDelta(session, { maxBytes, ...(cursor && { cursor }) });
    if (delta.state === "missing" || delta.state === "unavailable") return cursor;
    cursor = delta.cursor;
    if (delta.state === "reset") continue;
    const messages = delta.entries.filter(({ entry }) => entry?.type === "message");
    const summary = { type: "custom", customType: "summary", messages: messages.length };
    // Whoever reads this delta twice, after a crash say, notes it once.
    if (messages.length > 0) await sdk.append(session, summary, { idempotencyKey: cursor });
    if (!delta.hasMore) return cursor;
    maxBytes = delta.requiredBytes ?? 1_048_576;
  }
}

// Its host: it alone knows where the transcripts are, and what the plugin may do with which.
await using host = directoryHost({
  root: "transcripts",
  rights: ({ agentId }) => (agentId === "support" ? ["read", "append"] : []),
});
const sdk = createTranscriptSdk(host);
const session = { agentId: "support", sessionId: "ann" };
await sdk.append(session, { type: "message", message: { role: "user", content: "Hello?" } });
const cursor = await summarise(sdk, session);
await sdk.append(session, { type: "message", message: { role: "assistant", content: "Hi, Ann." } });
await summarise(sdk, session, cursor);
for await (const { entry } of sdk.readEntries(session)) console.log(entry?.type, entry?.messages);
console.log(await sdk.latestAssistantText(session));
await sdk.append({ agentId: "..", sessionId: "ann" }, { type: "x" }).catch((error) => {
  console.log(error.code, error.reason);
});
