/** A picture that is looked up and drawn anew all the time; never twice at once, however long a look takes. */
export function keepDrawing<View>(
  everyMs: number,
  look: () => Promise<View>,
  draw: (view: View) => void,
): NodeJS.Timeout {
  let isLooking = false
  return setInterval(() => {
    if (isLooking) return
    isLooking = true
    void look()
      .then(draw)
      .finally(() => (isLooking = false))
  }, everyMs)
}
