/** Waits for a condition, never for a time. A test that waits in vain is ended by ava. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}
