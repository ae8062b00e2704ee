/** What a plugin published about a transcript, for all of this process that may read it. */
export interface TranscriptNotice {
  /** Absolute path of the transcript, symlinks resolved. */
  readonly file: string;
  readonly json: string;
}

type NoticeListener = (notice: TranscriptNotice) => void;

const listeners = new Set<NoticeListener>();

/** @returns ends the subscription */
export function onTranscriptNotice(listener: NoticeListener): () => void {
  const subscription: NoticeListener = (notice) => listener(notice);
  listeners.add(subscription);
  return () => {
    listeners.delete(subscription);
  };
}

export function publishNotice(notice: TranscriptNotice): void {
  for (const listener of [...listeners]) listener(notice);
}
