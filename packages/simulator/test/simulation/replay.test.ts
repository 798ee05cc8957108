/** One seed tells one story: without that, a failing seed could not be looked into. */
import test from 'ava'
import { faultMixes, nodePlatform } from '@jwp/simulator'
import { runSeed, Transcript } from '@jwp/simulator/world'

function storyOf(seed: number): string[] {
  const lines: string[] = []
  runSeed(seed, faultMixes.all, nodePlatform, (world) => new Transcript(world, (line) => lines.push(line)))
  return lines
}

for (const seed of [3, 17, 40]) {
  test(`seed ${seed} tells the same story twice`, (t) => {
    const story = storyOf(seed)
    t.true(story.length > 100)
    t.deepEqual(storyOf(seed), story)
  })
}

test('different seeds tell different stories', (t) => {
  t.notDeepEqual(storyOf(3), storyOf(17))
})
