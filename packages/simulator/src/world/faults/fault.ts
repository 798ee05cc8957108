/** Everything that can go wrong on purpose, one union of plain data. */
import type { BlackoutFault } from './blackout-fault.js'
import type { CalendarFault } from './calendar-fault.js'
import type { ClockFault } from './clock-fault.js'
import type { CrashFault } from './crash-fault.js'
import type { DiskFullFault } from './disk-full-fault.js'
import type { ForeignFault } from './foreign-fault.js'
import type { LeaveFault } from './leave-fault.js'
import type { LongLineFault } from './long-line-fault.js'
import type { PartitionFault } from './partition-fault.js'
import type { PauseFault } from './pause-fault.js'
import type { RestartFault } from './restart-fault.js'
import type { SlowFault } from './slow-fault.js'
import type { ThinFault } from './thin-fault.js'
import type { StallFault } from './stall-fault.js'
import type { TwinFault } from './twin-fault.js'
import type { ClientCrashFault } from './client-crash-fault.js'
import type { FlapFault } from './flap-fault.js'
import type { JumpFault } from './jump-fault.js'
import type { LastWordsFault } from './last-words-fault.js'

export type Fault =
  | CrashFault
  | RestartFault
  | LeaveFault
  | ClockFault
  | ClientCrashFault
  | PartitionFault
  | FlapFault
  | PauseFault
  | SlowFault
  | ThinFault
  | StallFault
  | JumpFault
  | CalendarFault
  | DiskFullFault
  | BlackoutFault
  | LastWordsFault
  | ForeignFault
  | LongLineFault
  | TwinFault

export type FaultKind = Fault['kind']
