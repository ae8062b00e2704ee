import { openTranscript } from "leaflog";

const transcript = await openTranscript("session.jsonl");
try {
  const { id } = await transcript.appendMessage({ role: "user", content: "Hello" });
  for await (const { entry } of transcript.entries()) console.log(entry?.id === id, entry?.message);
} finally {
  await transcript.close();
}
