/** Reads the policy maintenance_mode. */
import type { MaintenanceSettings } from '../../../policies/maintenance-mode.ts'
import type { DocumentPart } from '../document.ts'
import { readContentType, readStatus } from '../read-denial-texts.ts'

export function readMaintenanceMode(configuration: DocumentPart): MaintenanceSettings {
  const conditions = configuration.part('condition')?.list('operations') ?? []
  if (conditions.length > 0)
    configuration.problem('condition', 'is not supported; without one, every request is refused')
  if (configuration.list('upstreams').length > 0) {
    configuration.problem(
      'upstreams',
      'is not supported, because nothing is proxied; without it, every request is refused',
    )
  }
  return {
    kind: 'maintenance_mode',
    status: readStatus(configuration, 'status') ?? 503,
    message: configuration.text('message') ?? 'Service Unavailable - Maintenance',
    contentType: readContentType(configuration, 'message_content_type') || 'text/plain; charset=utf-8',
  }
}
