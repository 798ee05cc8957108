/** A broadcast as one line for people: time, user, what was said. */
import { visibleText, type Activity } from '@jwp/protocol'
import type { Palette } from '../terminal/palette.js'

/** `unixMs`: when the network gave the activity its place. */
export function drawActivity(activity: Activity, unixMs: number, palette: Palette): string {
  const { authenticated_user: user, ...rest } = activity
  const time = new Date(unixMs).toTimeString().slice(0, 8)
  return `${palette('dim', time)} ${palette('cyan', visibleText(typeof user === 'string' ? user : '?'))} ${visibleText(wordsOf(rest))}`
}

/** What `jwp client` itself makes of typed text is shown as text; everything else as JSON. */
function wordsOf(activity: Activity): string {
  const keys = Object.keys(activity)
  const { text } = activity
  return keys.length === 1 && typeof text === 'string' ? text : JSON.stringify(activity)
}
