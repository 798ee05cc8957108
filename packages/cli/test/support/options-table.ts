/** The options of all commands as Markdown, for docs/operations.md. */
import { defaultInWords, flagName, helpInWords, rangeInWords, type Option } from '@jwp/protocol/options'
import { COMMANDS } from '#dist/command-table.js'
import { optionOf } from '#dist/flags/flags-from.js'

const commands = ['server', 'clock', 'up', 'client', 'tree', 'demo', 'chaos', 'sim']

/** An option that a command shares with an earlier one is explained there. */
export function optionsTable(): string {
  const explained = new Map<Option, string>()
  const sections = commands.map((command) => {
    const options = Object.values(COMMANDS[command]!.flags).flatMap((flag) => optionOf(flag) ?? [])
    const fresh = options.filter((option) => !explained.has(option))
    const shared = options.filter((option) => explained.has(option))
    for (const option of fresh) explained.set(option, command)
    const tables = [...grouped(fresh, ({ group }) => group)].map(([group, ofGroup]) =>
      [...(group === undefined ? [] : [`**${capitalized(group)}**`, '']), ...rows(ofGroup)].join('\n'),
    )
    return [`### jwp ${command}`, ...tables, ...sharedWords(shared, explained)].join('\n\n')
  })
  return sections.join('\n\n')
}

const rows = (options: readonly Option[]): string[] => [
  '| flag | default | in the environment | |',
  '|---|---|---|---|',
  ...options.map((option) => `| ${cells(option).map(escaped).join(' | ')} |`),
]

function cells(option: Option): string[] {
  const { kind, char, env, negatable, required } = option
  const name = negatable ? `--[no-]${option.flag}` : flagName(option)
  const value = kind.placeholder === undefined ? '' : `=${kind.placeholder}`
  const range = kind.unit === undefined ? undefined : rangeInWords(option)
  return [
    `${char === undefined ? '' : `\`-${char}\`, `}\`${name}${value}\``,
    `${required ? 'required' : defaultInWords(option)}${range === undefined ? '' : ` (${range})`}`,
    env === undefined ? '' : `\`${env}\``,
    helpInWords(option).replaceAll('<', '&lt;'),
  ]
}

function sharedWords(shared: readonly Option[], explained: ReadonlyMap<Option, string>): string[] {
  const byCommand = [...grouped(shared, (option) => explained.get(option)!)]
  return byCommand.map(([command, options]) =>
    wrapped(`As for \`jwp ${command}\`: ${options.map((option) => `\`${flagName(option)}\``).join(', ')}.`),
  )
}

const longestLine = 119

const wrapped = (text: string): string =>
  text.replace(new RegExp(`(.{1,${longestLine}})(?: |$)`, 'g'), '$1\n').trimEnd()

const escaped = (text: string): string => text.replaceAll('|', '\\|')

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** In the order in which the groups begin. */
function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
