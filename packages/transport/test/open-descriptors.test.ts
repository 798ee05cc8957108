/** How many descriptors are open: by the size that new systems tell, else by a listing that is kept for a minute. */
import { closeSync, openSync } from 'node:fs'
import test from 'ava'
import { OpenDescriptors } from '#dist/open-descriptors.js'

test('descriptors that are opened and closed are counted', (t) => {
  // A listing may be up to a minute old: here each count is asked of another one.
  const count = (): number => new OpenDescriptors().count()
  const before = count()
  const opened = Array.from({ length: 50 }, () => openSync('/dev/null', 'r'))
  t.is(count() - before, 50)
  for (const descriptor of opened) closeSync(descriptor)
  t.is(count(), before)
})

test('where the size is not told they are listed, at most once a minute', (t) => {
  let nowMs = 0
  const files = ['0', '1', '2', 'the listing']
  const descriptors = new OpenDescriptors({ size: () => 0, list: () => files }, () => nowMs)
  t.is(descriptors.count(), 3)
  files.push('3')
  nowMs = 59_999
  t.is(descriptors.count(), 3)
  nowMs = 60_000
  t.is(descriptors.count(), 4)
})

test('where nothing is told the count is not a number, and no error', (t) => {
  const refuse = (): never => {
    throw new Error('there is no such folder')
  }
  t.is(new OpenDescriptors({ size: refuse, list: refuse }).count(), NaN)
})
