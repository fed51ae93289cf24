from tests.desk.surfer import Surfer

async def test_smoke(work):
    s = Surfer(work.house)
    await s.log_in("officer1")
    print((await s.page("/console/queue")).text)
    cid = await work.in_review(reason="R01", held_fen=8642000)
    print((await s.page(f"/console/cases/{cid}")).text)
    await s.log_in("reviewer1")
    m = await s.page(f"/console/cases/{cid}")
    print([f.action for f in m.forms])
    await s.log_in("merchant1")
    m = await s.page(f"/portal/cases/{cid}")
    print(m.text)
    await s.log_in("officer1")
    for p in ("/console/cases","/console/register","/console/merchants/898310058120001","/console/terminals/SN-DEMO-0001"):
        await s.page(p)
