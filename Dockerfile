# One image for every node, and for the quorum sweep (`node simulation/main.ts`). Any builder will do.

FROM node:24-bookworm-slim AS page
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node webui/build.ts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY proto proto
COPY src src
COPY gateway gateway
COPY simulation simulation
COPY --from=page /app/webui/dist webui/dist
# A named volume takes its owner from the folder it covers.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4567 5567
STOPSIGNAL SIGTERM
# Alive is what the start order waits for: a follower is alive before it has a leader to follow.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "src/start/health.ts", "/livez"]
# The flags keep V8's heap small: see src/start/child.ts.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=100", "src/main.ts"]
