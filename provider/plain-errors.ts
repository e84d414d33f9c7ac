/** What a person can act on; a stack trace is none of it. */
export async function plainErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && !process.env.DR_TRACE) error.stack = error.message;
    throw error;
  }
}
