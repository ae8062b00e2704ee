import { openTranscript } from "leaflog";
import { type MirrorMessage, mirrorMessages } from "leaflog/mirror";

await using session = await openTranscript("session.jsonl");
const telegram = [
  {
    role: "user",
    content: [{ type: "text", text: "4111 1111 1111 1111, 5500000000000004" }],
    turn: 1,
  },
  { role: "assistant", content: "Never write that down.", turn: 1 },
];
const mail = [{ role: "user", content: "Hello", turn: 1 }];

/** Every card number in every text, however deep it stands. */
const withoutCards = (_: string, value: unknown) =>
  typeof value === "string" ? value.replace(/\d(?:[ -]?\d){12,18}/g, "[card]") : value;

async function deliver(channel: string, messages: MirrorMessage[]): Promise<void> {
  const { appended } = await mirrorMessages(session, {
    messages,
    scope: `${channel}:thread-7`,
    identityOf: ({ turn, role }) => `${turn}:${role}`,
    redact: (message) => JSON.parse(JSON.stringify(message), withoutCards),
  });
  console.log(`${channel}: ${appended} new`);
}

await Promise.all([deliver("telegram", telegram), deliver("mail", mail)]);
await deliver("telegram", telegram); // a channel that delivers twice: 0 new
const receipt = { role: "assistant", content: "Paid." };
await session.appendMessage(receipt, { idempotencyKey: "invoice-17" });
const { appended } = await session.appendMessage(receipt, { idempotencyKey: "invoice-17" });
console.log("appended again:", appended);
