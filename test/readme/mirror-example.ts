import { openTranscript } from "leaflog";
import { type MirrorMessage, mirrorMessages } from "leaflog/mirror";

await using session = await openTranscript("session.jsonl");
const telegram = [
  { role: "user", content: "My card is 4111111111111111", turn: 1 },
  { role: "assistant", content: "Never write that down.", turn: 1 },
];
const mail = [{ role: "user", content: "Hello", turn: 1 }];

async function deliver(channel: string, messages: MirrorMessage[]): Promise<void> {
  const { appended } = await mirrorMessages(session, {
    messages,
    scope: `${channel}:thread-7`,
    identityOf: ({ turn, role }) => `${turn}:${role}`,
    redact: (message) => ({
      ...message,
      content: String(message.content).replace(/\d{16}/, "[card]"),
    }),
  });
  console.log(`${channel}: ${appended} new`);
}

await Promise.all([deliver("telegram", telegram), deliver("mail", mail)]);
await deliver("telegram", telegram); // a channel that delivers twice: 0 new
const receipt = { role: "assistant", content: "Paid." };
await session.appendMessage(receipt, { idempotencyKey: "invoice-17" });
const { appended } = await session.appendMessage(receipt, { idempotencyKey: "invoice-17" });
console.log("appended again:", appended);
