import { Random } from "../../test/support/random.js";
import { recordedSize } from "./recorded-sizes.js";

/** A message as an agent hands it over. */
export interface Message {
  readonly role: "assistant";
  readonly content: readonly [{ readonly type: "text"; readonly text: string }];
}

/** Bytes that an entry's line has besides the text: type, id, parent, timestamp, … */
const FRAME_BYTES = 220;
/** As many different messages as a cycle of them takes. */
const DIFFERENT = 256;
/** Longer texts are images, which have nothing to escape. */
const LONGEST_PROSE = 256 * 1024;
/** Bytes of prose that texts are cut from. */
const PROSE_BYTES = 16 * 1024;

/** How long the lines are: always so many bytes, or as recorded in a real session. */
export type LineBytes = number | "recorded";

/** Messages in an endless cycle, the same in every run. */
export class Messages {
  readonly #messages: readonly Message[];
  #next = 0;

  constructor(bytes: LineBytes) {
    const random = new Random(20_260_101);
    const prose = proseOf(random, PROSE_BYTES);
    const count = bytes === "recorded" ? 8 * DIFFERENT : DIFFERENT;
    this.#messages = Array.from({ length: count }, () => {
      const size = bytes === "recorded" ? recordedSize(random) : bytes;
      return messageOf(textOf(random, prose, Math.max(1, size - FRAME_BYTES)));
    });
  }

  next(): Message {
    const message = this.#messages[this.#next] as Message;
    this.#next = (this.#next + 1) % this.#messages.length;
    return message;
  }
}

export function messageOf(text: string): Message {
  return { role: "assistant", content: [{ type: "text", text }] };
}

function textOf(random: Random, prose: string, length: number): string {
  if (length >= LONGEST_PROSE) return imageOf(length);
  const start = random.below(PROSE_BYTES);
  return prose.repeat(2 + Math.floor(length / PROSE_BYTES)).slice(start, start + length);
}

/** Words in lines, with as much to escape as real sessions have: one character in twenty. */
function proseOf(random: Random, length: number): string {
  const words = ["const", "the", "transcript", '"name"', "of", "a", "function\n", "returns", "\\t"];
  const parts: string[] = [];
  for (let size = 0; size < length; ) {
    const word = words[random.below(words.length)] as string;
    parts.push(word);
    size += word.length + 1;
  }
  return `${parts.join(" ")} `;
}

/** What base64 looks like. */
function imageOf(length: number): string {
  return "iVBORw0KGgoAAAANSUhEUgAAB".repeat(Math.ceil(length / 25)).slice(0, length);
}
