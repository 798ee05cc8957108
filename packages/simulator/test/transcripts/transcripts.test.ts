/**
 * Healing told as stories. When behaviour changes on purpose:
 *   UPDATE_TRANSCRIPTS=1 npx ava packages/simulator/test/dist/transcripts
 * and read the difference; one that surprises is a finding.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import test from 'ava'
import { playStory } from '../support/play-story.js'
import { formatTranscript, parseTranscript } from '../support/story-script.js'

// Compiled tests run from test/dist/transcripts; the texts stay with their sources.
const folder = new URL('../../transcripts/', import.meta.url)
const isUpdating = process.env['UPDATE_TRANSCRIPTS'] === '1'

for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .sort()) {
  const title = file.replace(/\.txt$/, '').replaceAll('-', ' ')
  test(title, (t) => {
    const { script, commands, story } = parseTranscript(readFileSync(new URL(file, folder), 'utf8'))
    const played = playStory(commands)
    // Not up for rewriting: whatever the story says, no promise is broken and all is whole in the end.
    t.deepEqual(played.wrong, [])
    if (isUpdating) writeFileSync(new URL(file, folder), formatTranscript(script, played.text))
    else t.is(played.text, story)
  })
}
