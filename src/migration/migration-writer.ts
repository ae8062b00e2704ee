import type { OpenFile } from "../file/file-system.js";
import type { ReplacementOutput } from "../file/replace/temporary-file.js";
import { editedLine, type LinePiece } from "../rewrite/line-edits.js";
import { RewriteOutput } from "../rewrite/rewrite-output.js";
import type { ScannedLine, ScanOptions } from "../scan/lines/scanned-line.js";
import { scanRecordsForward } from "../scan/records-forward.js";
import type { MigrationEdits } from "./migration-edits.js";

/**
 * Writes the first `size` bytes of the source, each line with its edits. A torn tail gets the
 * newline that it lacks.
 *
 * @throws the error of a failed read, the signal's reason, or LeaflogError `LEAFLOG_WRITE_FAILED`
 */
export async function writeMigrated(
  source: OpenFile,
  size: number,
  edits: MigrationEdits,
  output: ReplacementOutput,
  scan: ScanOptions,
): Promise<void> {
  const gathered = new RewriteOutput(source, output, scan.signal);
  const write = (line: ScannedLine): undefined => {
    const { bytes } = line;
    for (const piece of editedLine(edits.of(line.facts()), line.length)) {
      writePiece(gathered, piece, line, bytes);
    }
    gathered.text("\n");
  };
  await scanRecordsForward(gathered.gatedSource, { ...scan, to: size }, write, (facts) =>
    edits.pass(facts),
  );
  await gathered.flush();
}

function writePiece(
  output: RewriteOutput,
  piece: LinePiece,
  line: ScannedLine,
  bytes: Buffer | undefined,
): void {
  if (typeof piece === "string") output.text(piece);
  else if (bytes) output.bytes(bytes.subarray(piece.start, piece.end));
  else output.copy({ start: line.offset + piece.start, end: line.offset + piece.end });
}
