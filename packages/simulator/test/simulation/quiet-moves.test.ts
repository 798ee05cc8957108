/** A user who is sent to another server has not gone, and no client is told so. */
import test from 'ava'
import { keepsItsPromises, run } from '../support/worlds.js'

for (const faults of ['none', 'people'] as const) {
  test(`no client is told that users who are sent to another server have gone (${faults})`, (t) => {
    let moves = 0
    for (let seed = 1; seed <= 25; seed++) {
      keepsItsPromises(t, seed, faults)
      moves += run(seed, faults).quietMoves
    }
    t.true(moves > 0, `${moves} moves were judged`)
  })
}
