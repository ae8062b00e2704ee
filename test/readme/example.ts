import { LeaflogError, onTranscriptUpdate, openTranscript } from "leaflog";

onTranscriptUpdate(({ id, entry }) => console.log("new", id, entry.type));
await using transcript = await openTranscript("session.jsonl", { durability: "synced" });
const { id } = await transcript.appendMessage({ role: "user", content: "Hello" });
await transcript.append({ type: "model_change", provider: "acme", modelId: "m-1" });
await transcript.append({ type: "custom" }, { expectedLeaf: id }).catch((error) => {
  if (!(error instanceof LeaflogError) || error.code !== "LEAFLOG_LEAF_CONFLICT") throw error;
  console.log("somebody was quicker: the leaf is", error.actual);
});
for await (const { entry, offset } of transcript.entries()) console.log(offset, entry?.type);
