/** After a broken promise: everything that helps to find the cause, in a folder of the current one. */
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AudienceMember } from '../demo/audience-member.js'
import type { ChaosReport } from './chaos-report.js'

/** @param folder where the servers' logs are. Returns the new folder, relative to the current one. */
export async function keepEvidence(
  folder: string,
  report: ChaosReport,
  audience: readonly AudienceMember[],
): Promise<string> {
  const kept = `jwp-chaos-${report.seed}`
  await mkdir(join(kept, 'deliveries'), { recursive: true })
  await cp(join(folder, 'logs'), join(kept, 'logs'), { recursive: true })
  for (const member of audience) {
    const lines = member
      .notes()
      .received.map(({ publisher, number, atMs }) => `${Math.round(atMs ?? 0)} ${publisher}/${number}`)
    const text = [...member.story.map((line) => `# ${line}`), ...lines].join('\n')
    await writeFile(join(kept, 'deliveries', `${member.name.replaceAll(' ', '-')}.txt`), `${text}\n`)
  }
  await writeFile(join(kept, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  return kept
}
