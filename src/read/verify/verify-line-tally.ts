import type { LinePart } from "../../scan/records/line-part.js";
import type { MalformedLine } from "../../scan/records/part-visitor.js";
import { Findings } from "./verify-findings.js";
import type { MalformedFinding, MalformedSignature } from "./verify-report.js";

/** Makes a finding out of the parts of each malformed line. */
export class MalformedTally {
  readonly findings: Findings<MalformedFinding> = new Findings();
  readonly signatures: Record<MalformedSignature, number> = {
    cut: 0,
    spliced: 0,
    fused: 0,
    spread: 0,
    nul: 0,
    "no-json": 0,
  };
  records = 0;
  #line: MalformedLine | undefined;
  #records = 0;
  #isSpread = false;
  #damage: MalformedSignature | undefined;

  begin(line: MalformedLine): void {
    this.#line = line;
    this.#records = 0;
    this.#isSpread = false;
    this.#damage = undefined;
  }

  part(part: LinePart): void {
    if (part.kind === "record") {
      this.#records += 1;
      if (part.joined) this.#isSpread = true;
    } else if (this.#damage !== "nul") this.#damage = part.reason;
  }

  end(): void {
    if (this.#line === undefined) return;
    const { number: line, offset, length } = this.#line;
    const signature = this.#signature();
    this.signatures[signature] += 1;
    this.records += this.#records;
    this.findings.add({ line, offset, length, signature, records: this.#records });
  }

  #signature(): MalformedSignature {
    if (this.#damage === undefined)
      return this.#isSpread || this.#records === 0 ? "spread" : "fused";
    return this.#records > 0 && this.#damage !== "nul" ? "spliced" : this.#damage;
  }
}
