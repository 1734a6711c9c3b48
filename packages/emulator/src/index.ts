export type { PeriodName } from './backend/period.ts'
export type { Clock } from './clock.ts'
export type { CallRecord } from './control/call-log.ts'
export type { ConnectionFault, Fault, LatencyFault, StatusFault, TruncateFault } from './control/faults.ts'
export type { JobFailure } from './counting/report-job.ts'
export { createEmulator, type Emulator, type EmulatorOptions } from './emulator.ts'
export type { EmulatorRequest, EmulatorResponse } from './http/message.ts'
export type { EndpointName } from './http/routes.ts'
export type { ListenOptions } from './http/server.ts'
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
export { stateSchema } from './state/state-schema.ts'
export type { UsageSnapshot } from './usage-snapshot.ts'
