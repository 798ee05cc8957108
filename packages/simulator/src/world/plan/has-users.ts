/** Whether there are users whose presence is judged: those who come and go, and those of the library. */
import type { WorldPlan } from './world-plan.js'

export function hasUsers({ users = [], clients }: WorldPlan): boolean {
  return (
    users.length > 0 ||
    clients.some(({ program, username }) => program === 'library' && username !== undefined)
  )
}
