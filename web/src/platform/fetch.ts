// As much of `fetch` as tickets need, also where there is none.

function overRequest(url: unknown, { method, headers, body }: RequestInit = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    uni.request({
      url: String(url),
      method: (method ?? "GET") as "GET" | "POST",
      header: headers as Record<string, string>,
      ...(typeof body === "string" && { data: body }),
      success: ({ statusCode, data }) =>
        resolve({ status: statusCode, ok: statusCode >= 200 && statusCode < 300, json: () => Promise.resolve(data) }),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    });
  });
}

export const platformFetch: typeof fetch =
  typeof globalThis.fetch === "function" ? (...given) => globalThis.fetch(...given) : (overRequest as unknown as typeof fetch);
