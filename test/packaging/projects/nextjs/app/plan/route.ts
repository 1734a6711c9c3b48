import { guard } from '../../lib/guard'

export const GET = (request: Request) => guard().protect(request, (allowed) => new Response(allowed?.plan))
