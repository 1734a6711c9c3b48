export type { JobFailure } from './backend/report-job.ts'
export type { Clock } from './clock.ts'
export { createEmulator } from './create-emulator.ts'
export type { Emulator, EmulatorOptions, ListenOptions } from './emulator.ts'
export type { ConnectionFault, Fault, LatencyFault, StatusFault, TruncateFault } from './faults/fault.ts'
export type { EmulatorRequest, EmulatorResponse } from './http/message.ts'
export type { EndpointName } from './http/routes.ts'
export type { KeyRecord } from './identity-provider/signing-keys.ts'
export { demoState } from './provider/demo-state.ts'
export { InvalidDocumentError, type Problem } from './provider/invalid-document.ts'
export type { PeriodName } from './provider/period.ts'
export type {
  ApplicationState,
  EmulatorState,
  IdentityProviderState,
  LimitState,
  MetricState,
  PlanState,
  PortalState,
  ProxyRuleState,
  ProxyState,
  ServiceState,
} from './provider/state.ts'
export { stateSchema } from './provider/state-schema.ts'
export type { CallRecord } from './service-management/call-log.ts'
export type { UsageHistory } from './service-management/usage-history.ts'
export type { UsageSnapshot } from './service-management/usage-snapshot.ts'
