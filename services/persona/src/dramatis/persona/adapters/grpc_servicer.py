"""The PersonaService: validates, converts, calls a use case. Nothing here catches anything."""

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from google.protobuf.field_mask_pb2 import FieldMask

from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.api.persona.v1 import persona_pb2_grpc, snapshot_pb2
from dramatis.core.errors import Invalid, NotFound
from dramatis.persona import metrics
from dramatis.persona.adapters import (
    feature_messages,
    grpc_requests,
    network_messages,
    persona_messages,
)
from dramatis.persona.app import features
from dramatis.persona.app.assign import Assigned, assign
from dramatis.persona.app.networks import Networks
from dramatis.persona.app.query import export, query
from dramatis.persona.app.recluster import recluster
from dramatis.persona.app.shift import rehearse
from dramatis.persona.app.world import World
from dramatis.persona.domain.standing import Standing, in_writing
from dramatis.runtime import pages
from dramatis.runtime.identity import current_tenant
from dramatis.runtime.requests import patience, required

add_to_server = persona_pb2_grpc.add_PersonaServiceServicer_to_server
PAGE = (100, 1_000)
"""Items of a page where the caller says nothing, and at most."""
MOST_BYTES = 3_500_000
"""Of an answer: the transport takes 4 MiB."""


class PersonaServicer(persona_pb2_grpc.PersonaServiceServicer):
    """Answers on behalf of the caller's tenant."""

    def __init__(self, world: World, networks: Networks, wait_seconds: float) -> None:
        self._world = world
        self._networks = networks
        self._wait_seconds = wait_seconds

    async def ListPersonas(  # noqa: N802
        self, request: pb.ListPersonasRequest, context: Any
    ) -> pb.ListPersonasResponse:
        """The newest set, page by page, largest first."""
        standing = self._world.board.get(current_tenant())
        set_id = standing.personas.persona_set_id
        size = pages.size(request.page_size, *PAGE)
        listing = f"personas {current_tenant()} {set_id}"
        start = int(pages.place(listing, request.page_token, [0])[0])
        order = np.argsort(-standing.personas.weights, kind="stable").tolist()
        more = start + size < len(order)
        return pb.ListPersonasResponse(
            personas=[
                persona_messages.persona(standing, at, posteriors=False)
                for at in order[start : start + size]
            ],
            next_page_token=pages.token(listing, [start + size]) if more else "",
            persona_set_id=set_id,
        )

    async def GetPersona(  # noqa: N802
        self, request: pb.GetPersonaRequest, context: Any
    ) -> pb.GetPersonaResponse:
        """One persona with its posteriors, or the parts of it that are asked for."""
        standing = self._world.board.get(current_tenant())
        wanted = required(request.persona_id, "persona_id")
        if request.follow_lineage:
            wanted = standing.living(wanted)
        if (at := standing.index(wanted)) is None:
            raise NotFound("persona", request.persona_id)
        found = persona_messages.persona(standing, at, posteriors=True)
        return pb.GetPersonaResponse(persona=_masked(found, request.read_mask))

    async def AssignPersona(  # noqa: N802
        self, request: pb.AssignPersonaRequest, context: Any
    ) -> pb.AssignPersonaResponse:
        """Memberships of the recipients asked for."""
        recipients = grpc_requests.recipients(request)
        assigned = await assign(self._world, current_tenant(), recipients)
        if assigned.memberships.size * 8 > MOST_BYTES:
            most = MOST_BYTES // 8 // assigned.memberships.shape[1]
            raise Invalid(
                f"with so many personas at most {most} recipients at a time",
                reason="BATCH_SIZE",
                field="recipients",
            )
        return _assignments([each for each, _ in recipients], assigned)

    async def GetFeatures(  # noqa: N802
        self, request: pb.GetFeaturesRequest, context: Any
    ) -> pb.GetFeaturesResponse:
        """What the recipients asked for did, as numbers."""
        recipient_ids = grpc_requests.recipient_ids(request)
        found = await features.find(self._world, current_tenant(), recipient_ids)
        return feature_messages.response(recipient_ids, found)

    async def QueryResponse(  # noqa: N802
        self, request: pb.QueryResponseRequest, context: Any
    ) -> pb.QueryResponseResponse:
        """What the network says."""
        with metrics.QUERY_SECONDS.time():
            answered = await query(
                self._networks,
                current_tenant(),
                dict(request.evidence),
                list(request.query_nodes),
            )
        return network_messages.answer(answered)

    async def ExportNetwork(  # noqa: N802
        self, request: pb.ExportNetworkRequest, context: Any
    ) -> AsyncIterator[pb.ExportNetworkResponse]:
        """The network as BIF, in parts."""
        text, version = await export(self._networks, current_tenant())
        for part in network_messages.parts(text, MOST_BYTES):
            yield pb.ExportNetworkResponse(bif=part, network_version=version)

    async def ListPersonaEvents(  # noqa: N802
        self, request: pb.ListPersonaEventsRequest, context: Any
    ) -> pb.ListPersonaEventsResponse:
        """What happened to personas, oldest first."""
        size = pages.size(request.page_size, *PAGE)
        listing = f"persona events {current_tenant()}"
        after = int(pages.place(listing, request.page_token, [0])[0])
        found = await self._world.store.events(current_tenant(), after, size + 1)
        page = found[:size]
        return pb.ListPersonaEventsResponse(
            persona_events=[persona_messages.event(each) for _, each in page],
            next_page_token=pages.token(listing, [page[-1][0]]) if len(found) > size else "",
        )

    async def Recluster(  # noqa: N802
        self, request: pb.ReclusterRequest, context: Any
    ) -> pb.ReclusterResponse:
        """Forms the personas anew."""
        timeout = patience(context, self._wait_seconds)
        wish = grpc_requests.wish(request, timeout)
        with metrics.RECLUSTER_SECONDS.time():
            answer, token = await recluster(self._world, wish)
        return pb.ReclusterResponse(
            persona_set_id=answer.persona_set_id,
            persona_count=answer.persona_count,
            recipient_count=answer.recipient_count,
            log_token=token,
        )

    async def RehearseSignal(  # noqa: N802
        self, request: pb.RehearseSignalRequest, context: Any
    ) -> pb.RehearseSignalResponse:
        """What a signal would do."""
        tenant, signal = current_tenant(), grpc_requests.signal(request)
        return persona_messages.rehearsed(*await rehearse(self._world, tenant, signal))

    async def WatchSnapshots(  # noqa: N802
        self, request: pb.WatchSnapshotsRequest, context: Any
    ) -> AsyncIterator[pb.WatchSnapshotsResponse]:
        """The newest snapshot at once, then each new one."""
        async for standing in self._world.board.watch(current_tenant()):
            yield pb.WatchSnapshotsResponse(
                snapshot=_snapshot(standing, with_tables=request.include_tables),
                log_token=standing.token,
            )

    async def DownloadSnapshot(  # noqa: N802
        self, request: pb.DownloadSnapshotRequest, context: Any
    ) -> AsyncIterator[pb.DownloadSnapshotResponse]:
        """A snapshot that is too large for the log, part by part."""
        snapshot_id = required(request.snapshot_id, "snapshot_id")
        async for part in self._world.store.body(current_tenant(), snapshot_id):
            yield pb.DownloadSnapshotResponse(data=part)


def _masked(persona: pb.Persona, mask: FieldMask) -> pb.Persona:
    if not mask.paths:
        return persona
    if not mask.IsValidForDescriptor(pb.Persona.DESCRIPTOR):
        raise Invalid("read_mask names a field that a persona does not have", field="read_mask")
    part = pb.Persona()
    mask.MergeMessage(persona, part)
    return part


def _snapshot(standing: Standing, *, with_tables: bool) -> snapshot_pb2.Snapshot:
    """What the log says, or of a snapshot that travels there only what it is about."""
    message = snapshot_pb2.Snapshot.FromString(in_writing(standing).record)
    if not with_tables:
        for table in ("membership", "responses", "weights", "checksum"):
            message.ClearField(table)
    return message


def _assignments(recipient_ids: list[str], assigned: Assigned) -> pb.AssignPersonaResponse:
    ids = assigned.standing.personas.persona_ids
    closest = assigned.memberships.argmax(axis=1).tolist()
    return pb.AssignPersonaResponse(
        assignments=[
            pb.Assignment(
                recipient_id=recipient_id,
                closest_persona_id=ids[closest[at]],
                memberships=assigned.memberships[at].tolist(),
                out_of_distribution=bool(assigned.outliers[at]),
            )
            for at, recipient_id in enumerate(recipient_ids)
        ],
        persona_ids=ids,
        persona_set_id=assigned.standing.personas.persona_set_id,
    )
