#!/usr/bin/env node
import { start } from '../dist/start.js'

void start(process.argv.slice(2))
