/** Loaded before a command: sends it SIGTERM in the middle of its imports. */
import { register } from 'node:module'

register(new URL('term-hooks.js', import.meta.url))
