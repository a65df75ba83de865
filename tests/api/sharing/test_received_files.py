"""What came from another school is read by one rule, in its list and by itself."""

from app.core.ids import new_id
from app.core.words import Role
from tests.api.access.test_grants import granted
from tests.owners import Plot
from tests.world import School, World

READER = ("child:search", "child:open", "chronology:read", "concern:raise", "concern:read")


class TestOpenReceivedRecord:
    async def test_tells_nobody_outside_the_cohort_that_there_is_one(
        self, world: World, school: School
    ) -> None:
        child, lead = await school.child(year_group="9"), school[Role.DSL].id
        plot = Plot(world, school, child)
        plot.plant("incoming_transfer", lead)
        path = f"/v1/received-records/{plot.plant('received_record', lead)}"
        await school.role("of_year", *READER, classes=["K2", "K3"], cohort_only=True)
        person = await school.holder("of_year", year_groups=["7"])
        reader = world.as_token(world.token_of(person))
        answers = [await reader.get(one) for one in (path, f"/v1/received-records/{new_id()}")]
        codes = [(one.status_code, one.json()["code"]) for one in answers]
        assert codes == [(404, "received_record_not_found")] * 2
        await granted(school, person, child_id=str(child), classes=["K2"])
        listed = await reader.get(f"/v1/children/{child}/received-files")
        (file,) = listed.json()["items"]
        assert str(path.rpartition("/")[2]) in {one["id"] for one in file["records"]}
        assert (await reader.get(path)).status_code == 200
