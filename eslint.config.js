import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const clocks = 'A core is told the time: use the nowMs that handle() was given.'
const chance = 'A core draws chance from the generator it was given, so that a run can be repeated.'
const timers = 'A core sets no timers: answer nextDeadlineMs() and wait for a tick.'
const world = 'A core does not touch the world: return an effect and let the shell do it.'

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', '.nx/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
    },
  },
  {
    // Tests that build one piece alone: a fake that does not fit what the piece needs must not compile.
    files: [
      'packages/server/test/support/pieces.ts',
      'packages/server/test/{alone-check,attachment,commit,in-sync-children,join-requests,liveness,log-intake,login,membership-sweep,moves,own-entries,parent-search,presence-fan-out,presence-tracker,presence,role,sequencer,configured-parent,truncation,who-resumed-last}.test.ts',
    ],
    rules: { '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }] },
  },
  {
    // test/tidy/pure-cores.test.ts bans the same names in the same folders.
    files: [
      'packages/protocol/src/**/*.ts',
      'packages/*/src/core/**/*.ts',
      'packages/simulator/src/world/**/*.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'MemberExpression[object.name="Date"][property.name="now"]', message: clocks },
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clocks },
        { selector: 'CallExpression[callee.name="Date"]', message: clocks },
        { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: chance },
        { selector: 'ImportExpression[source.value=/^node:/]', message: world },
      ],
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => ({
          name,
          message: timers,
        })),
        ...['performance'].map((name) => ({ name, message: clocks })),
        ...['crypto'].map((name) => ({ name, message: chance })),
        ...['process', 'Buffer', 'console', 'fetch', 'globalThis'].map((name) => ({ name, message: world })),
      ],
      'no-restricted-imports': ['error', { patterns: [{ regex: '^node:', message: world }] }],
    },
  },
)
