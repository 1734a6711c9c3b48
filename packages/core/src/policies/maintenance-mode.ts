/** Refuses every request, while the product is maintained (APIcast policy/maintenance_mode). */
import type { Refusal } from '../decision/refusal.ts'
import type { Policy } from './policy.ts'

export interface MaintenanceSettings {
  readonly kind: 'maintenance_mode'
  readonly status: number
  readonly message: string
  readonly contentType: string
}

export function createMaintenanceMode({ status, message, contentType }: MaintenanceSettings): Policy {
  const answer = Object.freeze({ status, body: `${message}\n`, contentType })
  const refusal: Refusal = Object.freeze({ outcome: 'refuse', code: 'maintenance', answer })
  return { check: () => refusal }
}
