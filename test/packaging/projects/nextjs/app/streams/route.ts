import type { ThreescaleGuard } from '@threescale/web'
import { guard } from '../../lib/guard'

let metered: ThreescaleGuard | undefined

/** Costs one lookup for each thousand bytes that were written, and a hundred more if the client has left. */
function meteredGuard(): ThreescaleGuard {
  metered ??= guard().with({
    usageAfter: (_view, { finished, bytesWritten = 0 }) => ({
      lookup: Math.ceil(bytesWritten / 1000) + (finished ? 0 : 100),
    }),
  })
  return metered
}

export const GET = (request: Request) => meteredGuard().protect(request, (_allowed, { url }) => answer(url))

function answer(url: string): Response {
  let left = Number(new URL(url).searchParams.get('chunks'))
  const chunk = new TextEncoder().encode('x'.repeat(1000))
  return new Response(
    new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        if (left-- > 0) controller.enqueue(chunk)
        else controller.close()
      },
    }),
  )
}
