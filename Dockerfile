# syntax=docker/dockerfile:1
# obek in a container: docker build -t obek . ; `--target sample` is what docker-compose.yml takes its made-up orders from.
FROM debian:13-slim AS build
WORKDIR /obek
COPY scripts/deps scripts/deps
RUN scripts/deps build && apt-get clean
COPY . .
RUN make all demo-programs && make install DESTDIR=/stage PREFIX=/usr && strip /stage/usr/bin/obek build/demo/generate
# the packages whose libraries the program was linked with: the next stage installs them, and nothing is listed twice
RUN ldd /stage/usr/bin/obek | awk '$2 == "=>" { print $3 }' | xargs -r -n1 realpath | sed 's,.*/,*/,' \
    | xargs -r dpkg -S | sed 's/:.*//' | sort -u > /stage/packages && grep -q librdkafka /stage/packages

FROM debian:13-slim AS obek
RUN --mount=type=bind,from=build,source=/stage/packages,target=/tmp/packages \
    apt-get update && xargs apt-get install -y --no-install-recommends ca-certificates tzdata < /tmp/packages \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 8420 obek \
    && useradd --uid 8420 --gid obek --no-log-init --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin obek
COPY --from=build /stage/usr/bin/obek /usr/bin/obek
COPY --from=build /stage/usr/share/obek /usr/share/obek
COPY --from=build /stage/etc/obek /etc/obek
COPY --chmod=755 packaging/compose/healthy /usr/local/bin/healthy
USER obek
# in a container loopback is nobody's: publish the port where it is to be seen (docs/security.md)
ENV OBEK_HTTP_LISTEN=0.0.0.0:8420
EXPOSE 8420
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["healthy"]
ENTRYPOINT ["obek"]
CMD ["run", "-c", "/etc/obek/obek.properties"]

FROM obek AS sample
COPY --from=build /obek/build/demo/generate /usr/local/bin/generate
COPY --chmod=755 packaging/compose/sample /usr/local/bin/sample
# a new volume there begins as this folder is: the user's own
USER root
RUN install -d -o obek -g obek /sample
USER obek
HEALTHCHECK NONE
ENTRYPOINT ["sample"]
CMD []

# what `docker build .` makes
FROM obek
