export type { PeriodName } from './backend/period.ts'
export type { Clock } from './clock.ts'
export { createEmulator, type Emulator, type EmulatorOptions, type ListenOptions } from './emulator.ts'
export type { EmulatorRequest, EmulatorResponse } from './http/message.ts'
export { InvalidDocumentError, type Problem } from './state/checks.ts'
export { demoState } from './state/demo-state.ts'
export type {
  ApplicationState,
  EmulatorState,
  LimitState,
  MetricState,
  PlanState,
  ServiceState,
} from './state/state.ts'
export type { UsageSnapshot } from './usage-snapshot.ts'
