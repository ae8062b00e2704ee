/** What `work` returns; what it throws becomes what a promise rejects with. */
export function attempt<T>(work: () => T | Promise<T>): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
