/** Executes a fault when its time has come. */
import { strikeBlackout } from './blackout-fault.js'
import { describeCalendar, strikeCalendar } from './calendar-fault.js'
import { strikeClientCrash } from './client-crash-fault.js'
import { describeClockFault, strikeClockFault } from './clock-fault.js'
import { strikeCrash } from './crash-fault.js'
import { strikeDiskFull } from './disk-full-fault.js'
import type { Fault } from './fault.js'
import type { FaultScene } from './fault-scene.js'
import { strikeFlap } from './flap-fault.js'
import { describeForeign, strikeForeign } from './foreign-fault.js'
import { describeJump, strikeJump } from './jump-fault.js'
import { strikeLastWords } from './last-words-fault.js'
import { strikeLeave } from './leave-fault.js'
import { strikeLongLine } from './long-line-fault.js'
import { strikePartition } from './partition-fault.js'
import { strikePause } from './pause-fault.js'
import { strikeRestart } from './restart-fault.js'
import { strikeSlow } from './slow-fault.js'
import { strikeThin } from './thin-fault.js'
import { strikeStall } from './stall-fault.js'
import { wordsOf } from './target.js'
import { strikeTwin } from './twin-fault.js'

export function strikeFault(scene: FaultScene, fault: Fault): void {
  scene.say(describeFault(fault))
  switch (fault.kind) {
    case 'crash':
      return strikeCrash(scene, fault)
    case 'restart':
      return strikeRestart(scene, fault)
    case 'leave':
      return strikeLeave(scene, fault)
    case 'clock-crash':
    case 'clock-start':
    case 'clock-pause':
    case 'clock-lie':
    case 'clock-hang':
      return strikeClockFault(scene, fault)
    case 'client-crash':
      return strikeClientCrash(scene, fault)
    case 'partition':
      return strikePartition(scene, fault)
    case 'flap':
      return strikeFlap(scene, fault)
    case 'pause':
      return strikePause(scene, fault)
    case 'slow':
      return strikeSlow(scene, fault)
    case 'thin':
      return strikeThin(scene, fault)
    case 'stall':
      return strikeStall(scene, fault)
    case 'jump':
      return strikeJump(scene, fault)
    case 'calendar':
      return strikeCalendar(scene, fault)
    case 'disk-full':
      return strikeDiskFull(scene, fault)
    case 'blackout':
      return strikeBlackout(scene, fault)
    case 'last-words':
      return strikeLastWords(scene, fault)
    case 'foreign':
      return strikeForeign(scene, fault)
    case 'long-line':
      return strikeLongLine(scene, fault)
    case 'twin':
      return strikeTwin(scene, fault)
  }
}

/** One fault in words, for transcripts and for the schedule of a failing seed. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'crash':
    case 'leave':
      return `${fault.kind} ${wordsOf(fault.target)}`
    case 'restart':
      return `restart dead server ${fault.order}${fault.losesDisk ? ' without its disk' : ''}${fault.moves ? ' elsewhere' : ''}`
    case 'clock-crash':
    case 'clock-start':
    case 'clock-pause':
    case 'clock-lie':
    case 'clock-hang':
      return describeClockFault(fault)
    case 'client-crash':
      return `crash client ${fault.client}`
    case 'partition':
      return (
        `partition ${fault.side.join(' ')}${fault.against === undefined ? '' : ` from ${fault.against.join(' ')}`} ` +
        `(${fault.direction}) for ${fault.forMs}ms`
      )
    case 'flap':
      return `flap ${fault.host} ${fault.times} times, ${fault.downMs}ms down, ${fault.upMs}ms up`
    case 'pause':
      return `pause ${wordsOf(fault.target)} for ${fault.forMs}ms`
    case 'slow':
      return `slow ${fault.host} times ${fault.factor} for ${fault.forMs}ms`
    case 'thin':
      return `${fault.host} has a line of ${fault.bytesPerMs} bytes/ms for ${fault.forMs}ms`
    case 'stall':
      return `${fault.host} does not read for ${fault.forMs}ms`
    case 'jump':
      return describeJump(fault)
    case 'calendar':
      return describeCalendar(fault)
    case 'disk-full':
      return `the disk of ${wordsOf(fault.target)} is full`
    case 'blackout':
      return `all servers and the clock crash, and come back within ${Math.max(...fault.backAfterMs)}ms`
    case 'last-words':
      return `${fault.client} and its server crash after the next acknowledgement`
    case 'foreign':
      return describeForeign(fault)
    case 'long-line':
      return `${fault.client} publishes a line of ${fault.bytes} bytes and more`
    case 'twin':
      return `another program shows the session of ${fault.client} at ${fault.servers[0]}`
  }
}
